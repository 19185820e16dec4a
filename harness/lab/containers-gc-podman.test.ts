/** What is left of labs of containers, with Podman. */
process.env.ONEVIP_TEST_ENGINE = 'podman';
await import('./containers-gc.test.ts');
