import { readFileSync } from 'node:fs';
import { execa } from 'execa';

const SETTINGS = '/proc/sys/net';

/**
 * Lets a container write the settings of its own network, as firewalls and load balancers must. Docker is asked for that when the
 * container is made (ReadonlyPaths); Podman 4.3 does not heed it and makes all of /proc/sys read-only. There this part of it is mounted
 * once more, from outside.
 */
export async function openNetworkSettings(pid: number): Promise<void> {
  if (!areClosed(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'))) return;
  const again = `mount --bind ${SETTINGS} ${SETTINGS} && mount -o remount,bind,rw,nosuid,nodev,noexec ${SETTINGS}`;
  await execa('nsenter', [`--mount=/proc/${pid}/ns/mnt`, 'sh', '-c', again]);
}

/** By /proc/PID/mountinfo, whose fifth word is where something is mounted, and whose sixth is how. */
export const areClosed = (mountinfo: string): boolean =>
  mountinfo.split('\n').some((line) => {
    const [, , , , place, options = ''] = line.split(' ');
    return place === '/proc/sys' && options.split(',').includes('ro');
  });
