import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'happy-dom',
    include: ['edge/pages/**/*.test.{ts,tsx}', 'cloud/pages/**/*.test.{ts,tsx}'],
    exclude: ['**/dist/**', '**/node_modules/**'],
  },
});
