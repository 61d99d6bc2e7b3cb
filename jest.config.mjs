/** Tests run on the TypeScript sources, with the types stripped by Node itself: nothing is compiled twice. */
export default {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/__tests__/support/global-setup.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/tools/strip-types.cjs' },
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/lib/', '<rootDir>/dist/'],
  testTimeout: 120_000,
  maxWorkers: 2,
};
