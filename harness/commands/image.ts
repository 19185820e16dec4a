import { EngineProblem, openEngine } from '../driver/docker/engine.ts';
import { HOST_IMAGE, makeHostImage } from '../driver/docker/image.ts';
import { EXIT, UserError } from './problem.ts';

/** `onevip image`: gives the engine the image from which nodes are started, made of this machine's own programs. */
export async function image(): Promise<void> {
  const began = performance.now();
  const engine = await openEngine().catch((error) => {
    throw error instanceof EngineProblem ? new UserError(error.message, EXIT.machineUnfit) : error;
  });
  await makeHostImage(engine);
  console.log(`made ${HOST_IMAGE} for ${engine.version} in ${(performance.now() - began).toFixed(0)} ms`);
}
