import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Two cores: more workers only make the real programs under test wait for each other.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', 'json'],
    outputFile: { json: '.vitest/results.json' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.{ts,tsx}', 'drizzle/**/*.ts'],
      // Runs in browsers alone.
      exclude: ['src/**/client/**'],
      reporter: ['text-summary', 'html'],
    },
  },
});
