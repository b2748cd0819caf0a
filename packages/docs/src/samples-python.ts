import { type Call, setByClientIn, targetOf } from './call.ts';
import { literal, type Notation } from './literal.ts';

const step = '    ';

const constants = new Map<unknown, string>([
  [true, 'True'],
  [false, 'False'],
  [null, 'None'],
]);

// A JSON string is also a Python string, escapes included.
const python: Notation = {
  step,
  string: (text) => JSON.stringify(text),
  key: (name) => JSON.stringify(name),
  other: (value) => constants.get(value) ?? String(value),
};

const setByClientValues: Record<string, string> = {
  'x-date': 'datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")',
  'x-user-id': 'os.environ["KOODRIVE_USER_ID"]',
};

/** A program for Python 3 that sends the call with an access token. It needs only the standard library. */
export function pythonWithAccessToken(call: Call): string {
  const hasBody = call.body !== undefined;
  const headers = [
    ...setByClientIn(call, setByClientValues),
    ...Object.entries(call.parameters.header).map(([name, value]) => [name, python.string(`${value}`)]),
    ...(hasBody ? [['Content-Type', '"application/json"']] : []),
  ];
  return `import json
import os
import sys
from datetime import datetime, timezone
from urllib.error import HTTPError
from urllib.request import Request, urlopen

request = Request(
    os.environ["KOODRIVE_URL"] + ${python.string(targetOf(call))},
    method="${call.method}",
    headers={
${headers.map(([name = '', value]) => `        ${python.key(name)}: ${value},\n`).join('')}    },
${hasBody ? `    data=json.dumps(${literal(python, call.body, step)}).encode(),\n` : ''})
request.add_unredirected_header("Authorization", "Bearer+" + os.environ["KOODRIVE_TOKEN"])
try:
    with urlopen(request) as response:
        print(json.load(response))
except HTTPError as refusal:
    sys.exit(f"{refusal}: {refusal.read().decode()}")
`;
}
