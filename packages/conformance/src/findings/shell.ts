/** Bytes that are the same again and again from this many on are made by a command instead of written out. */
const longRun = 64;

/** Text as one word of a POSIX shell, whatever is in it but NUL, which no word can hold. */
export function quoted(text: string | Buffer): string {
  if (typeof text === 'string' && isPrintable(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  // Line feeds at the end of what a command prints are lost, so they stand behind it.
  const [feeds = ''] = /\n*$/.exec(text.toString('latin1')) ?? [];
  return `"$(printf %b ${escaped(text)})${feeds}"`;
}

/** Whether a text can be shown, and be pasted into a terminal, as it is: without control and formatting characters. */
export function isPrintable(text: string): boolean {
  return !/[\p{C}\p{Zl}\p{Zp}]/u.test(text);
}

/** Bytes as a word that printf prints by `%b` (POSIX, "printf"): its format would be an option where it begins so. */
export function escaped(text: string | Buffer): string {
  return `'${[...(typeof text === 'string' ? Buffer.from(text) : text)].map(escapedByte).join('')}'`;
}

/** A command that prints bytes, short where many of the same follow each other. */
export function printing(bytes: Buffer): string {
  const commands: string[] = [];
  let written = 0;
  const write = (to: number): void => {
    if (written < to) commands.push(`printf %b ${escaped(bytes.subarray(written, to))}`);
    written = to;
  };
  for (let from = 0; from < bytes.length; ) {
    const to = endOfRun(bytes, from);
    if (to - from >= longRun) {
      write(from);
      commands.push(`head -c ${to - from} /dev/zero | tr '\\0' '\\${octal(bytes[from] ?? 0)}'`);
      written = to;
    }
    from = to;
  }
  write(bytes.length);
  return commands.length === 1 ? `${commands[0]}` : `{ ${[...commands, ':'].join('; ')}; }`;
}

function endOfRun(bytes: Buffer, from: number): number {
  let to = from + 1;
  while (to < bytes.length && bytes[to] === bytes[from]) to += 1;
  return to;
}

function escapedByte(byte: number): string {
  const char = String.fromCharCode(byte);
  return byte < 0x20 || byte > 0x7e || char === '\\' || char === "'" ? `\\0${octal(byte)}` : char;
}

const octal = (byte: number): string => byte.toString(8).padStart(3, '0');
