import { Readable } from 'node:stream';
import { type Engine, EngineProblem } from './engine.ts';
import { type Entry, tar } from './tar.ts';

/**
 * What nodes are started from. By default an image with nothing in it but directories on which this machine's own programs are
 * mounted, read-only: it is made in an instant and needs no registry. ONEVIP_IMAGE names another one, such as that of the
 * Dockerfile beside this file, which has its own programs. Podman gives an import this tag, whichever was asked for.
 */
export const HOST_IMAGE = 'onevip-host:latest';

/** Says in an image that its programs are this machine's. */
const USERLAND = 'onevip.userland';

const imageName = (): string => process.env.ONEVIP_IMAGE ?? HOST_IMAGE;

const DIRECTORIES = ['dev', 'etc', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var', 'var/tmp', 'var/lib'];
/** Where programs look that do not know that /usr holds everything. */
const LINKS = { bin: 'usr/bin', lib: 'usr/lib', lib32: 'usr/lib32', lib64: 'usr/lib64', sbin: 'usr/sbin' };

/** The whole image, as an archive. */
function hostImage(): Buffer {
  const directories: Entry[] = DIRECTORIES.map((name) => ({ name, mode: name.endsWith('tmp') ? 0o1777 : 0o755 }));
  return tar([...directories, ...Object.entries(LINKS).map(([name, target]) => ({ name, target }))]);
}

/** Makes the image of this machine's programs. */
export async function makeHostImage({ docker }: Engine): Promise<void> {
  const [repo, tag] = HOST_IMAGE.split(':');
  const options = { repo, tag, changes: [`LABEL ${USERLAND}=host`] };
  const answers = await docker.importImage(Readable.from([hostImage()]), options);
  await new Promise<void>((resolve, reject) =>
    docker.modem.followProgress(answers, (error) => (error ? reject(error) : resolve())),
  );
}

export interface Image {
  name: string;
  /** Its programs are this machine's, which have to be mounted. */
  isHosts: boolean;
}

/** @throws EngineProblem where the engine has not got the image: none is ever downloaded unasked */
export async function findImage({ docker, address }: Engine, name = imageName()): Promise<Image> {
  try {
    const { Config } = await docker.getImage(name).inspect();
    return { name, isHosts: Config.Labels?.[USERLAND] === 'host' };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    throw new EngineProblem(`the engine at ${address} has no image ${name}. ${howToMake(name)}`);
  }
}

/** The image for a lab; that of this machine's programs is made where it is missing, which downloads nothing. */
export async function findOrMakeImage(engine: Engine): Promise<Image> {
  try {
    return await findImage(engine);
  } catch (error) {
    if (!(error instanceof EngineProblem) || imageName() !== HOST_IMAGE) throw error;
    await makeHostImage(engine);
    return findImage(engine);
  }
}

const howToMake = (name: string): string =>
  name === HOST_IMAGE
    ? 'Make it of this machine’s own programs, without a download: ./onevip image. Or build one with programs of its own, and name it in ONEVIP_IMAGE: docker build -t onevip-node harness/driver/docker'
    : `ONEVIP_IMAGE names it. Build it: docker build -t ${name} harness/driver/docker`;
