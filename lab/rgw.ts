import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atOurDeath, boundToUs } from './bound.ts'
import { freePort } from './ports.ts'

export interface LabRgw {
  /** `http://127.0.0.1:port`, for path-style S3. */
  readonly endpoint: string
  readonly region: string
  readonly credentials: { accessKeyId: string; secretAccessKey: string }
  /** Stops every Ceph process and removes the folder. */
  close(): Promise<void>
}

const run = promisify(execFile)
const script = (name: string) => join(import.meta.dirname, name)

/**
 * A real Ceph RADOS Gateway on free loopback ports, in memory. Takes 15 s; 60 s where it has to install the Debian
 * packages.
 */
export async function startRgw(): Promise<LabRgw> {
  // A daemon may find that its port was taken meanwhile, or that its neighbour is not there yet.
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryRgw()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

const ATTEMPTS = 3

async function tryRgw(): Promise<LabRgw> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-rgw-'))
  const [gateway, monitor] = [await freePort(), await freePort()]
  // The parent of the Ceph processes is a script that has ended, so `boundToUs` does not reach them.
  const stopCeph = atOurDeath('bash "$1" "$2"; rm -rf "$2"', script('ceph-down.sh'), folder)
  const close = async () => {
    await stopCeph.execute()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await run(...boundToUs('bash', [script('ceph-up.sh'), folder, String(gateway), String(monitor)]))
  } catch (error) {
    await close()
    throw error
  }
  return {
    endpoint: `http://127.0.0.1:${gateway}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'LABKEY', secretAccessKey: 'LABSECRET' },
    close,
  }
}
