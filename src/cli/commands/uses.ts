import { text } from 'node:stream/consumers'
import { type Static, Type } from 'typebox'
import { readTextFile } from '../../platform/read-text-file.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'

const Left = Type.Array(Type.Object({ reference: Type.String(), reason: Type.String() }))
const Taken = Type.Object({ accepted: Type.Integer(), unknown: Left, refused: Left })

/** Uses that one request may report. */
const BATCH = 1_000

/** Bytes of a file of references. */
const LIMIT = 16 * 1024 * 1024

type Sum = Static<typeof Taken>
const COLUMNS = columns<Sum>(
  'accepted',
  ['unknown', ({ unknown }) => unknown.length],
  ['refused', ({ refused }) => refused.length],
)

export const addUses: AddCommand = (program, cli) => {
  const uses = addGroup(program, 'uses').description('Tell the service which images are used.')

  withColumns(uses.command('report'), COLUMNS)
    .argument(
      '<FILE>',
      'a file with the name of an image in each line (empty lines and # aside); - for standard input',
    )
    .requiredOption('--source <NAME>', 'who reports, such as kubelet-node-7')
    .summary('Report that images are used now.')
    .description(
      'Report that images are used now. Names begin with the host of a registry, as in a pod, or with its name in the configuration. Names of images that the service does not have do not count and are listed.',
    )
    .action(async (file: string, { source }: { source: string }) => {
      const references = linesOf(file === '-' ? await text(process.stdin) : await read(file))
      const service = await cli.service()
      const sum: Sum = { accepted: 0, unknown: [], refused: [] }
      for (let i = 0; i < references.length; i += BATCH) {
        const batch = references.slice(i, i + BATCH).map((reference) => ({ reference }))
        const taken = await service.post('/v1/uses', { source, uses: batch }, Taken)
        sum.accepted += taken.accepted
        sum.unknown.push(...taken.unknown)
        sum.refused.push(...taken.refused)
      }
      const lines = [
        `uses that count: ${sum.accepted}`,
        ...table(
          ['IMAGE', 'DOES NOT COUNT'],
          [...sum.refused, ...sum.unknown].map(({ reference, reason }) => [reference, reason]),
        ),
      ]
      await cli.show({ value: sum, columns: COLUMNS, lines })
      if (sum.refused.length > 0)
        throw new CommandError(`refused: ${sum.refused.length} of ${references.length}`)
    })
}

const read = (file: string): Promise<string> =>
  readTextFile(file, LIMIT).catch((error: Error) => {
    throw new CommandError(`cannot read ${file}: ${error.message}`)
  })

/** The lines that are neither empty nor a comment, each once. */
const linesOf = (content: string): string[] => [
  ...new Set(
    content
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  ),
]
