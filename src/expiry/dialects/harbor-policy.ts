import { PolicyError } from './dialect.ts'
import { type Fields, listAt, onlyFields, textAt, under } from './harbor-fields.ts'
import { readSelector, type Selector } from './harbor-selector.ts'
import { DEFAULT_NUMBER, TEMPLATES, type Template } from './harbor-templates.ts'

export interface HarborRule {
  /** Its path in the document, such as `rules[0]`. */
  field: string
  isDisabled: boolean
  templateName: string
  template: Template
  /** The parameter of the template; 0 for `always`. */
  number: number
  /** Whether `number` stands for one that Harbor cannot use. */
  isDefault: boolean
  tagSelectors: Selector[]
  /** Those for repositories. */
  scopeSelectors: Selector[]
}

/** src/server/v2.0/handler/retention.go */
const MAX_RULES = 15

/**
 * Reads the answer to GET /api/v2.0/retentions/{id}. What Harbor refuses is in src/pkg/retention/policy/models.go,
 * policy/rule/models.go, policy/rule/index/index.go, and in the evaluators of the templates. `trigger` and `scope` decide
 * nothing here, so they may be left out.
 * @throws PolicyError
 */
export function readHarborPolicy(document: unknown): HarborRule[] {
  const fields = onlyFields(document, 'policy', ['id', 'algorithm', 'rules', 'trigger', 'scope'])
  if (fields.get('algorithm') !== 'or') throw new PolicyError('algorithm', 'Harbor knows only "or"')
  if (fields.has('trigger')) checkTrigger(fields.get('trigger'))
  if (fields.has('scope')) checkScope(fields.get('scope'))
  const list = listAt(fields, 'rules', 'policy')
  if (list.length > MAX_RULES) throw new PolicyError('rules', `Harbor allows at most ${MAX_RULES} rules`)
  const seen = new Map<string, string>()
  return list.map((value, index) => {
    const field = `rules[${index}]`
    const { rule, identity } = readRule(value, field)
    const same = seen.get(identity)
    if (same !== undefined) throw new PolicyError(field, `Harbor refuses a rule that is the same as ${same}`)
    seen.set(identity, field)
    return rule
  })
}

/** What Harbor's scheduler takes has this form (src/pkg/scheduler/scheduler.go, Schedule). */
const SIX_FIELDS = /^\s*(?:[\w*?/,-]+\s+){5}[\w*?/,-]+\s*$/

function checkTrigger(value: unknown): void {
  const fields = onlyFields(value, 'trigger', ['kind', 'settings', 'references'])
  if (textAt(fields, 'kind', 'trigger') !== 'Schedule') return
  const settings = onlyFields(fields.get('settings'), 'trigger.settings', ['cron', 'next_scheduled_time'])
  const cron = settings.get('cron')
  if (typeof cron !== 'string' || (cron !== '' && !SIX_FIELDS.test(cron)))
    throw new PolicyError(
      'trigger.settings.cron',
      'expected a cron of six fields, the seconds first, or "" for no schedule',
    )
}

function checkScope(value: unknown): void {
  const fields = onlyFields(value, 'scope', ['level', 'ref'])
  if (fields.get('level') !== 'project') throw new PolicyError('scope.level', 'Harbor knows only "project"')
  const ref = fields.get('ref')
  if (typeof ref !== 'number' || !Number.isInteger(ref) || ref <= 0)
    throw new PolicyError('scope.ref', 'expected the id of a project')
}

const RULE = 'id,priority,disabled,action,template,params,tag_selectors,scope_selectors'.split(',')

/** `identity` is the same for two rules that Harbor holds for the same: all but their ids is equal. */
function readRule(value: unknown, field: string): { rule: HarborRule; identity: string } {
  const fields = onlyFields(value, field, RULE)
  if (fields.get('action') !== 'retain')
    throw new PolicyError(`${field}.action`, 'Harbor knows only "retain"')
  const templateName = textAt(fields, 'template', field)
  const template = Object.hasOwn(TEMPLATES, templateName) ? TEMPLATES[templateName] : undefined
  if (template === undefined)
    throw new PolicyError(`${field}.template`, `expected one of ${Object.keys(TEMPLATES).join(', ')}`)
  const isDisabled = fields.get('disabled') ?? false
  if (typeof isDisabled !== 'boolean') throw new PolicyError(`${field}.disabled`, 'expected true or false')
  const priority = fields.get('priority') ?? 0
  if (typeof priority !== 'number') throw new PolicyError(`${field}.priority`, 'expected a number')

  const params = onlyFields(fields.get('params') ?? {}, `${field}.params`, Object.keys(TEMPLATES))
  const tagSelectors = selectorsAt(fields, 'tag_selectors', field)
  if (tagSelectors.length === 0) throw new PolicyError(`${field}.tag_selectors`, 'expected a selector')
  // Only a policy of the whole system, which Harbor does not save, looks at selectors of projects.
  const scopes = onlyFields(fields.get('scope_selectors') ?? {}, `${field}.scope_selectors`, [
    ...['repository', 'project'],
  ])
  const scopeSelectors = selectorsAt(scopes, 'repository', `${field}.scope_selectors`)
  const number = numberOf(params, templateName, template, `${field}.params`)
  const parts = [tagSelectors, scopeSelectors].map((selectors) =>
    selectors.map(({ decoration, pattern, extras }) => [decoration, pattern, extras]),
  )
  return {
    rule: { field, isDisabled, templateName, template, ...number, tagSelectors, scopeSelectors },
    identity: JSON.stringify([priority, isDisabled, templateName, [...params].sort(), ...parts]),
  }
}

const selectorsAt = (fields: Fields, name: string, field: string): Selector[] =>
  listAt(fields, name, field).map((value, index) => readSelector(value, `${under(field, name)}[${index}]`))

/** Harbor cuts fractions off, and takes a default for what it does not check and cannot use. */
function numberOf(params: Fields, name: string, { max }: Template, field: string) {
  if (name === 'always') return { number: 0, isDefault: false }
  if (!params.has(name)) throw new PolicyError(`${field}.${name}`, `the template ${name} needs it`)
  const value = params.get(name)
  const number = typeof value === 'number' ? Math.trunc(value) : Number.NaN
  const isUsable = number >= 0 && number <= (max ?? Number.MAX_SAFE_INTEGER)
  if (max !== undefined && !isUsable)
    throw new PolicyError(`${field}.${name}`, `expected a number from 0 to ${max}`)
  return isUsable ? { number, isDefault: false } : { number: DEFAULT_NUMBER, isDefault: true }
}
