import { access, link, rename, rm, writeFile } from 'node:fs/promises'
import { ConfigError } from '../../config/config-error.ts'
import { loadConfig } from '../../config/load.ts'
import { CommandError } from '../command-error.ts'

/** @throws CommandError if there is such a file and it is not to be replaced */
export async function refuseExisting(file: string, isReplaced: boolean): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  )
  if (isThere && !isReplaced) throw new CommandError(`${file} is there already: --force replaces it`)
}

/**
 * Writes a file that only its user can read, at once and whole. `check` looks at a draft of it first. @throws CommandError, and then
 * nothing is left of it
 */
export async function writePrivate(
  file: string,
  text: string,
  { isReplaced, check }: { isReplaced: boolean; check?: (draft: string) => Promise<void> },
): Promise<void> {
  const draft = `${file}.draft-${process.pid}`
  try {
    await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true })
    await check?.(draft)
    // A link, unlike a rename, does not replace.
    if (isReplaced) await rename(draft, file)
    else await link(draft, file)
  } catch (error) {
    const { message } = error as Error
    // Nobody has asked for the draft, and it is gone.
    const lines = message.replaceAll(draft, file).split('\n')
    throw error instanceof CommandError
      ? new CommandError(...lines).as(error.status)
      : new CommandError(`${file} cannot be written: ${lines.join(' ')}`)
  } finally {
    await rm(draft, { force: true })
  }
}

/** @throws CommandError if a start would refuse the configuration */
export async function requireRight(file: string): Promise<void> {
  // Without the variables of this shell: they may be those of another installation.
  await loadConfig(file, {}).catch((error) => {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(
      'nothing was written, since a start would refuse it:',
      ...error.message.split('\n'),
    )
  })
}
