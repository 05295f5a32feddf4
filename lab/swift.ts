import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atOurDeath, boundToUs } from './bound.ts'
import { freePorts } from './ports.ts'

export interface LabSwift {
  /** Of the TempAuth middleware (auth version 1). */
  readonly authUrl: string
  readonly username: string
  readonly password: string
  /** It is there, and empty. */
  readonly container: string
  /** Stops every server and removes the folder. */
  close(): Promise<void>
}

const run = promisify(execFile)
const script = (name: string) => join(import.meta.dirname, name)

const isInstalled = ['swift-proxy-server', 'memcached'].every(
  (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0,
)

/** Whether tests may use Swift: it is installed, or LAB_SWIFT=1 lets `startSwift` install it. */
export const hasSwift = isInstalled || process.env.LAB_SWIFT === '1'

/**
 * A real OpenStack Swift on free loopback ports. Takes 5 s; minutes where it has to install the Debian packages.
 */
export async function startSwift(): Promise<LabSwift> {
  // A port may be taken meanwhile.
  for (let attempt = 1; ; attempt++) {
    try {
      return await trySwift()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

const ATTEMPTS = 3

async function trySwift(): Promise<LabSwift> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-swift-'))
  const ports = await freePorts(5)
  // The parent of the servers is a script that has ended, so `boundToUs` does not reach them.
  const stopSwift = atOurDeath('bash "$1" "$2"; rm -rf "$2"', script('swift-down.sh'), folder)
  const close = async () => {
    await stopSwift.execute()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await run(...boundToUs('bash', [script('swift-up.sh'), folder, ...ports.map(String)]))
  } catch (error) {
    await close()
    throw error
  }
  return {
    ...{ authUrl: `http://127.0.0.1:${ports[0]}/auth/v1.0`, username: 'test:tester', password: 'testing' },
    container: 'registry',
    close,
  }
}
