// Node loads this file before a root script, and Yarn runs it in its own place (.yarnrc.yml). If the caller is not
// pnpm, it prints the pnpm command to type. It is plain JavaScript of 2023, because Node 20 cannot read TypeScript.

const agent = process.env.npm_config_user_agent ?? '';
const isYarn = process.env.YARN_IGNORE_PATH !== undefined;
if (isYarn || /^(npm|yarn)\//.test(agent) || !process.features.typescript) {
  const command = process.env.npm_lifecycle_event ?? process.argv[2] ?? 'install';
  console.error(`This repository needs pnpm, which also installs its Node. Type: npx -y pnpm@12 ${command}`);
  process.exit(1);
}
