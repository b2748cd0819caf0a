import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inConsumers } from './consumers.ts';

/** A Worker that answers at an address of this machine. */
interface Worker {
  url: string;
  stop(): void;
}

/**
 * Runs a Worker on Cloudflare's own runtime, which may reach this machine only.
 *
 * @param folder Where its files are written.
 * @param code The Worker, in one module.
 * @param bindings The texts in its environment.
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
