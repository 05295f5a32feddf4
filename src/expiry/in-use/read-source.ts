import type { Dispatcher } from 'undici'
import { readTextFile } from '../../platform/read-text-file.ts'
import { readUrl } from '../../platform/read-url.ts'
import { commandOutput } from '../../registry/command-output.ts'
import { readFolder } from './read-folder.ts'
import { readKubernetes } from './read-kubernetes.ts'
import { readNames } from './read-names.ts'
import { type InUseSource, LIMITS, type NamesInUse } from './source.ts'

/** Makes what reads a source. It throws an Error that says why a source cannot be read, or that it is empty and must not be. */
export const makeReadSource =
  ({ dispatcher }: { dispatcher?: Dispatcher | undefined }) =>
  async (source: InUseSource): Promise<NamesInUse> => {
    const found = await read(source, dispatcher)
    if (found.names.length === 0 && !source.mayBeEmpty) throw new Error('it names no image')
    return found
  }
export type ReadSource = ReturnType<typeof makeReadSource>

async function read(source: InUseSource, dispatcher: Dispatcher | undefined): Promise<NamesInUse> {
  const { url, file, command, folder, kubernetes } = source
  if (folder !== undefined) return { names: await readFolder(folder), form: 'host' }
  if (kubernetes !== undefined) return { names: await readKubernetes(kubernetes), form: 'host' }
  return { names: readNames(await textOf()), form: 'name or host' }

  async function textOf(): Promise<string> {
    if (url !== undefined) return readUrl(url, dispatcher, LIMITS)
    if (file !== undefined) return readTextFile(file, LIMITS.bytes)
    return commandOutput(command ?? [], LIMITS)
  }
}
