/** The tests of labs of containers, with Podman. */
process.env.ONEVIP_TEST_ENGINE = 'podman';
await import('./containers.test.ts');
