import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // For two cores: while one waits for a program, another computes.
    maxWorkers: 3,
    // A worker loads what many files use once. So no file may leave anything behind.
    isolate: false,
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
