import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
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

/** A real Ceph RADOS Gateway on free loopback ports, in memory: 15 s; without the Debian packages it installs them, 60 s. */
export async function startRgw(): Promise<LabRgw> {
  // Of many daemons at once one may find its port taken since, or its neighbour not there yet.
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
  const close = async () => {
    await run('bash', [script('ceph-down.sh'), folder])
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await run('bash', [script('ceph-up.sh'), folder, String(gateway), String(monitor)])
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
