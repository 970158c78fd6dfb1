import { defineConfig } from 'vitest/config';

/** They say how soon something is to be done. */
const MEASURING = [
  'tests/**/speed.test.ts',
  'tests/channels/telegram/polling.test.ts',
  'tests/e2e/{console,database-refuses,health,shutdown,status}.test.ts',
  'tests/http/health.test.ts',
  'tests/memory/embeddings/local.test.ts',
  'tests/ops/health-check/bursts.test.ts',
];

export default defineConfig({
  test: {
    // For what hangs. How soon something is to be done its test says.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // Patience with what is to happen sooner or later; the others say how soon.
    expect: { poll: { timeout: 10_000 } },
    // A worker loads what many files use once. So no file may leave anything behind.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['tests/**/*.test.ts'],
          exclude: MEASURING,
          // For two cores: while one waits for a program, another computes.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'speed',
          include: MEASURING,
          // With nothing beside it.
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
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
