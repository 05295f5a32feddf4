import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LabRegistry } from '../../lab/registry.ts'

/** Deletes the blobs that no manifest references. Nobody may push meanwhile. */
export async function collectGarbage({ folder }: Pick<LabRegistry, 'folder'>): Promise<void> {
  // As for the registry itself: the s3 driver of 2.8 panics if AWS_CA_BUNDLE is set.
  const { AWS_CA_BUNDLE: _, ...env } = process.env
  await promisify(execFile)('docker-registry', ['garbage-collect', join(folder, 'config.yml')], {
    env,
    timeout: 60_000,
  })
}
