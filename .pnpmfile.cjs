// The name ends in .cjs because pnpm 10 reads no other file. Without this file, pnpm 10 would compute another checksum
// than the one in the lockfile, and rewrite the lockfile.

const { basename } = require('node:path');

/** The packages that contain Node. The hook rewrites their platform, because it is a string, and npm's format has a list. */
const carriesNode = /^node-(bin-)?(darwin|linux|win)-(arm64|x64)$/;

// Hooks run in pnpm's own process up to pnpm 10, so this file can tell an old pnpm by its main script. pnpm 9 resolves
// everything again and rewrites the lockfile, because it computes the checksum of this file in another way.
const isOldPnpm = basename(require.main?.filename ?? '') === 'pnpm.cjs';

module.exports = {
  hooks: {
    readPackage(manifest) {
      const [, , os, cpu] = carriesNode.exec(manifest.name) ?? [];
      return os ? { ...manifest, os: [os === 'win' ? 'win32' : os], cpu: [cpu] } : manifest;
    },
    afterAllResolved(lockfile, context) {
      if (isOldPnpm) context.log('This pnpm rewrites pnpm-lock.yaml. Undo that with: git checkout pnpm-lock.yaml');
      return lockfile;
    },
  },
};
