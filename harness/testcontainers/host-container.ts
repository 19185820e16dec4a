import { GenericContainer } from 'testcontainers';
import { HOST_IMAGE } from '../driver/docker/image.ts';
import { hostBinds } from '../driver/docker/specification.ts';

/**
 * A container with nothing in it but this machine's own programs, mounted for reading: for machines without a registry. Its image is
 * made by the lab that it is started in.
 */
export function hostContainer(): GenericContainer {
  const mounts = hostBinds().map((bind) => {
    const [source = '', target = ''] = bind.split(':');
    return { source, target, mode: 'ro' as const };
  });
  return new GenericContainer(HOST_IMAGE).withBindMounts(mounts);
}
