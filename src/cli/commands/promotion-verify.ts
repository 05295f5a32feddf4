import type { KeyObject } from 'node:crypto'
import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Command } from 'commander'
import { type Static, Type } from 'typebox'
import { readTextFile } from '../../platform/read-text-file.ts'
import { BadEnvelope, keyIdOf, openEnvelope } from '../../promotion/envelope.ts'
import { parsePublicKey } from '../../promotion/gates/public-key.ts'
import { PromotionReceipt } from '../../promotion/receipt.ts'
import { RollbackOf } from '../../promotion/rollback-of.ts'
import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { columns, columnsOf } from '../output/columns.ts'
import { RECEIPT_COLUMNS } from '../promotion-text.ts'
import { readDocument } from '../read-document.ts'
import { pathOf, receiptLines, rollbackText } from './promotion-show.ts'

/** Bytes of an envelope. */
const ENVELOPE_LIMIT = 16 * 1024 * 1024
const KEY_LIMIT = 64 * 1024

const Checked = Type.Object({
  receipt: PromotionReceipt,
  rollback: Type.Optional(RollbackOf),
  differences: Type.Array(Type.String()),
})

type Checked = Static<typeof Checked>

const OF_RECEIPT = columnsOf(RECEIPT_COLUMNS, ({ receipt }: Checked) => receipt)
const COLUMNS = columns<Checked>(
  ...OF_RECEIPT.names.map((name, n) => [name, (one: Checked) => OF_RECEIPT.valuesOf(one)[n]] as const),
  ['differences', ({ differences }) => differences.join('; ')],
)

/** The command `promotion verify`. */
export function addPromotionVerify(promotion: Command, cli: Cli): void {
  const command = promotion.command('verify')
  withColumns(command, COLUMNS)
  withColumns(command, RECEIPT_COLUMNS, 'of a file')
  command
    .summary('Check a signed receipt, and that the target is as it says.')
    .description(
      'Check the signature of a receipt, and that the target is as it says: the tag names the digest, and each manifest is there. Of a file, only the signature is checked, without the service. The exit status is 1 if something differs. If the promotion was rolled back, it says when, by whom and to what.',
    )
    .argument('<ID|FILE>', 'the ID of a promotion, or a file with its envelope')
    .option(
      '--key <FILE>',
      'the public key of promotion.receiptKey, in PEM; without it, no signature is checked',
    )
    .action(async (target: string, options: { key?: string }, command: Command) => {
      const key = options.key === undefined ? undefined : await readKey(options.key)
      if (!existsSync(target)) return verifyOnline(cli, target, key)
      if (key === undefined)
        command.error('error: a file needs --key: there is nothing else to check it with')
      const receipt = opened(target, await readDocument(target, ENVELOPE_LIMIT), key)
      cli.note(`signed by the key ${keyIdOf(key)}; the target was not asked`)
      await cli.show({ value: receipt, columns: RECEIPT_COLUMNS, lines: receiptLines(receipt) })
    })
}

async function verifyOnline(cli: Cli, id: string, key: KeyObject | undefined): Promise<void> {
  if (!/^[\w-]+$/.test(id)) throw new CommandError(`${id} is no file, and no ID of a promotion`)
  const service = await cli.service()
  const { receipt, rollback, differences } = await service.get(`${pathOf(id)}/check`, Checked)
  if (receipt.id !== id)
    differences.push(`the receipt that the service has of ${id} is that of ${receipt.id}`)
  if (key === undefined) cli.note('the signature was not checked: give the public key with --key')
  else {
    const signed = opened(id, await service.get(`${pathOf(id)}/envelope`, Type.Unknown()), key)
    if (!isDeepStrictEqual(signed, receipt))
      differences.push('the receipt that the service has is not the signed one')
    cli.note(`signed by the key ${keyIdOf(key)}`)
  }
  if (differences.length === 0) cli.note('the target is as the receipt says')
  const checked = { receipt, ...(rollback && { rollback }), differences }
  if (differences.length === 0)
    return cli.show({ value: checked, columns: COLUMNS, lines: receiptLines(receipt, rollback) })
  const undone = rollback === undefined ? [] : [`rolled back ${rollbackText(rollback)}`]
  await cli.show({ value: checked, columns: COLUMNS, lines: [...undone, ...differences] })
  throw new CommandError(`${id}: the target is not as the receipt says`)
}

async function readKey(file: string): Promise<KeyObject> {
  try {
    return parsePublicKey(await readTextFile(file, KEY_LIMIT))
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : error}`)
  }
}

function opened(name: string, envelope: unknown, key: KeyObject): PromotionReceipt {
  try {
    return openEnvelope(envelope, key)
  } catch (error) {
    throw error instanceof BadEnvelope ? new CommandError(`${name}: ${error.message}`) : error
  }
}
