import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { atEnd } from '@koodrive-backup/testkit/at-end';
import { freePort } from '@koodrive-backup/testkit/free-port';

const page = readFileSync(new URL('../../proxies.md', import.meta.url), 'utf8');

/** A running nginx with the configuration that `proxies.md` shows. */
export interface Nginx extends AsyncDisposable {
  /** TLS port on 127.0.0.1. */
  port: number;
  /** Its certificate, for `koodrive.example.com`. */
  certificate: string;
  /** Returns its access log. */
  readLog(): string;
}

/**
 * Starts the machine's nginx with the configuration that `proxies.md` shows. Only paths and ports of this machine
 * differ.
 *
 * @param serverUrl The server behind nginx.
 * @param edits Texts of the configuration and their replacements, to show that it fails without what the page says.
 */
export async function startNginx(serverUrl: string, edits: Record<string, string> = {}): Promise<Nginx> {
  const [, shown = ''] = /^```nginx\n(.*?)^```$/ms.exec(page) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'koodrive-nginx-'));
  const [certificate, key, log] = ['koodrive.crt', 'koodrive.key', 'access.log'].map((name) => join(folder, name));
  const port = await freePort();
  const places = {
    '127.0.0.1:4020': new URL(serverUrl).host,
    'listen 443': `listen 127.0.0.1:${port}`,
    '/etc/nginx/koodrive.crt': `${certificate}`,
    '/etc/nginx/koodrive.key': `${key}`,
    '/var/log/nginx/koodrive.log': `${log}`,
  };
  const subject = ['-subj', '/CN=koodrive.example.com', '-addext', 'subjectAltName=DNS:koodrive.example.com'];
  const files = ['-keyout', `${key}`, '-out', `${certificate}`];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, ...files], {
    stdio: 'ignore',
  });
  mkdirSync(join(folder, 'tmp'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const main = `
    # One process, of this user: others could not enter the folder.
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr; events {}
    http {
      ${temporary.map((name) => `${name}_temp_path ${folder}/tmp/${name};`).join(' ')}
      ${replaced(shown, { ...places, ...edits })}
    }`;
  writeFileSync(join(folder, 'nginx.conf'), main);

  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const cleanUp = atEnd(() => {
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    await sleep(20);
  }
  return {
    port,
    certificate: readFileSync(`${certificate}`, 'utf8'),
    readLog: () => readFileSync(`${log}`, 'utf8'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      cleanUp();
    },
  };
}

/** @throws Error if a text is missing, because the page has changed. */
function replaced(text: string, replacements: Record<string, string>): string {
  let result = text;
  for (const [from, to] of Object.entries(replacements)) {
    if (!result.includes(from)) throw new Error(`proxies.md has no ${from}`);
    result = result.replaceAll(from, to);
  }
  return result;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
