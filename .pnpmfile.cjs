// Named .cjs because pnpm 10 reads no other file: it would find another checksum in the lockfile and write it anew.

const { basename } = require('node:path');

/** These packages carry Node. They state their platform as a string; npm's format has a list. */
const carriesNode = /^node-(bin-)?(darwin|linux|win)-(arm64|x64)$/;

// Up to pnpm 10, hooks run in pnpm's own process. pnpm 9 computes the checksum in another way, so it resolves all again.
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
