import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { PolicyOutcome } from '../../replay/outcome.ts'
import { ReplayResult } from '../../replay/replay-record.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'
import { readPolicies } from '../policy-file.ts'
import { sizeCell, table } from '../table.ts'

type RuleOutcome = PolicyOutcome['rules'][number]
type Row = Pick<PolicyOutcome, 'policy' | 'registry' | 'plans'> & RuleOutcome

const Asked = Type.Intersect([JobAsked, Type.Object({ replay: Type.String() })])

const COLUMNS = columns<Row>(
  ...(['policy', 'registry', 'plans', 'rule', 'images', 'tags', 'bytes'] as const),
  ...(['regretted.images', 'regretted.tags', 'regretted.pulls', 'regretted.bytes', 'deletedAnyway'] as const),
)

/** Examples that the table has of each policy. All are in the other formats. */
const FEW = 5

export const addReplay: AddCommand = (program, cli) => {
  withColumns(program.command('replay'), COLUMNS)
    .summary('Tell what expiry policies would have done to the recorded past.')
    .description(
      'Tell what expiry policies would have deleted in the recorded past, and how often somebody pulled it afterwards. Nothing is deleted. It needs journal.enabled.',
    )
    .argument('[POLICY...]', 'expiry policies, by their names in the configuration')
    .option(
      '--policy <FILE>',
      'policies that are not configured: a file with an entry of expiry.policies or a list of them, YAML or JSON; may be repeated',
      (file: string, files: string[] = []) => [...files, file],
    )
    .requiredOption('--since <TIME>', 'since when: a duration such as 30d, or a day such as 2026-11-01')
    .option('--until <TIME>', 'until when; now if left out')
    .action(
      async (names: string[], options: { policy?: string[]; since: string; until?: string }, command) => {
        const files = options.policy ?? []
        if (names.length + files.length === 0) command.error('error: expected POLICY or --policy FILE')
        const policies = [...names, ...(await Promise.all(files.map(readPolicies))).flat()]
        const { since, until } = options
        const service = await cli.service()
        const asked = await service.post('/v1/replays', { policies, since, ...(until && { until }) }, Asked)
        const result = await followJob(service, cli, asked, ReplayResult)
        for (const unknown of result.notKnown) cli.note(`not known: ${unknown}`)
        cli.note(`replayed ${result.events} events, ${result.from} to ${result.to}`)
        await cli.show({ value: result, rows: rowsOf(result), columns: COLUMNS, lines: linesOf(result) })
      },
    )
}

/** A row for each rule, and one for each policy, whose rule is empty. */
const rowsOf = ({ policies }: Static<typeof ReplayResult>): Row[] =>
  policies.flatMap(({ rules, policy, registry, plans, ...all }) => {
    const of = { policy, registry, plans }
    return [...rules.map((rule) => ({ ...of, ...rule })), { ...of, ...all, rule: '' }]
  })

function linesOf({ policies }: Static<typeof ReplayResult>): Line[] {
  return policies.flatMap((outcome, n) => {
    const { policy, registry, plans, rules, examples, pastShare, deletedAnyway } = outcome
    const head = `${policy} at ${registry}: ${plans} runs, freed ${formatSize(outcome.bytes)}`
    const cells = (name: string, one: Omit<RuleOutcome, 'rule'>) => [
      ...[name, String(one.images), String(one.tags), sizeCell(one.bytes)],
      ...[String(one.regretted.images), String(one.regretted.tags), String(one.regretted.pulls)],
      sizeCell(one.regretted.bytes),
    ]
    return [
      ...(n === 0 ? [] : ['']),
      head,
      ...table(
        ['RULE', 'IMAGES', 'TAGS', 'FREED', 'REGRETTED', 'TAGS', 'PULLS', 'SIZE'],
        [...rules.map(({ rule, ...one }) => cells(rule, one)), cells('all', outcome)],
      ),
      ...(deletedAnyway === 0
        ? []
        : [
            `of these, ${deletedAnyway} were deleted anyway: whether they would have been pulled is not known`,
          ]),
      ...(pastShare === 0
        ? []
        : [`${pastShare} times a run would have been held, as it passes expiry.maxShare`]),
      ...(examples.length === 0 ? [] : ['']),
      ...table(
        ['PULLED AFTERWARDS', 'TAGS', 'RULE', 'DELETED', 'PULLED', 'PULLS'],
        examples
          .slice(0, FEW)
          .map(({ image, tags, rule, deletedAt, pulledAt, pulls }) => [
            ...[image, tags.join(','), rule, deletedAt, pulledAt, String(pulls)],
          ]),
      ),
    ]
  })
}
