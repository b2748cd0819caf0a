import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inConsumers } from './consumers.ts';

/** A Worker that is listening on this machine. */
interface Worker {
  url: string;
  stop(): void;
}

/**
 * Starts a Worker on Cloudflare's runtime. It can reach only private addresses, such as this machine's.
 *
 * @param folder The folder for its files.
 * @param code The Worker as one module.
 * @param bindings The variables of its environment.
 */
export async function startWorker(
  folder: string,
  code: string,
  bindings: Record<string, string> = {},
): Promise<Worker> {
  writeFileSync(join(folder, 'worker.mjs'), code);
  const texts = Object.entries(bindings).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  );
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "main", worker = (
          modules = [(name = "worker", esModule = embed "worker.mjs")],
          bindings = [${texts.join(', ')}],
          compatibilityDate = "2026-01-01")),
        (name = "internet", network = (allow = ["local", "private"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );`,
  );
  const binary = inConsumers('@cloudflare', 'workerd-linux-64', 'bin', 'workerd');
  const workerd = spawn(binary, ['serve', 'config.capnp', '--control-fd=1'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(workerd.stdout), 'line');
  const { port } = JSON.parse(line) as { port: number };
  return { url: `http://127.0.0.1:${port}/`, stop: () => void workerd.kill() };
}
