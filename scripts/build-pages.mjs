// Builds every page: the kiosk beside the box's code, the hub's pages under cloud/pages/dist.
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import { build } from 'vite';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const PAGES = [
  { name: 'kiosk', from: 'edge/pages/kiosk', to: 'edge/pages/kiosk/dist', base: './' },
  ...['phone', 'studio', 'overlay', 'console'].map((name) => ({
    name,
    from: `cloud/pages/${name}`,
    to: `cloud/pages/dist/${name}`,
    base: `/${name}/`,
  })),
];

const wanted = process.argv.slice(2);

for (const page of PAGES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  await build({
    configFile: false,
    root: path.join(root, page.from),
    base: page.base,
    logLevel: 'warn',
    build: {
      outDir: path.join(root, page.to),
      emptyOutDir: true,
      target: 'es2022',
      sourcemap: false,
      chunkSizeWarningLimit: 900,
    },
  });
  console.log(`built ${page.to}`);
}
