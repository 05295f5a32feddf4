import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load.ts'
import { refusalsWithoutNulls } from './accepts.ts'

/** The smallest configuration that loads, in five lines. The last line is its only registry. */
export const minimal = `server:
  readToken: read-token-of-tests
  adminToken: admin-token-of-tests
registries:
  ci: { url: https://registry.example.com }
`

/** Loads `yaml` as the file tallyman.yaml in a temporary folder, which also has `files`. */
export async function loadYaml(
  yaml: string,
  env: NodeJS.ProcessEnv = {},
  files: Record<string, string | Buffer> = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-config-'))
  try {
    for (const [name, text] of Object.entries({ 'tallyman.yaml': yaml, ...files })) {
      await writeFile(join(folder, name), text)
    }
    const config = await loadConfig(join(folder, 'tallyman.yaml'), env)
    // What loads, editors must not mark as wrong, unless a variable replaced it.
    if (Object.keys(env).length === 0) expect(refusalsWithoutNulls(yaml)).toEqual([])
    return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    // As the message reads if the folder is the working directory.
    error.message = error.message.replaceAll(`${folder}/`, '')
    throw error
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The problems of a configuration, one line each; none if it loads. */
export async function problemsOf(...args: Parameters<typeof loadYaml>): Promise<string[]> {
  try {
    await loadYaml(...args)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
}
