import type { Dialect, PolicyImage, Scene, Verdict } from './dialect.ts'
import { expireUnheld, type Relations, relationsOf } from './harbor-artifacts.ts'
import { type HarborRule, readHarborPolicy } from './harbor-policy.ts'
import { selects } from './harbor-selector.ts'
import { type Candidate, candidateOf } from './harbor-templates.ts'
import { warningsAbout, warningsAboutEmptied, warningsAboutProject } from './harbor-warnings.ts'

/**
 * Harbor's tag retention (src/pkg/retention/launcher.go, policy/alg/or/processor.go, policy/action/performer/performer.go
 * of goharbor/harbor). Rules only retain: what any rule retains stays, and the rest of a repository goes if an enabled
 * rule reaches it.
 */
export const harbor: Dialect = {
  unit: 'digest',
  decidesUntagged: true,
  heedsPulls: true,
  read(document) {
    const rules = readHarborPolicy(document).filter(({ isDisabled }) => !isDisabled)
    const warnings = warningsAbout(rules)
    return (scene) => {
      const verdicts = scene.images.map((image) => ({ image, isKept: true, reason: '' }))
      for (const [name, own] of Map.groupBy(verdicts, ({ image }) => image.repository))
        decideRepository(rules, name, own, scene)
      const ofScene = [...warningsAboutProject(rules, scene), ...warningsAboutEmptied(emptied(verdicts))]
      return { verdicts, warnings: [...warnings, ...ofScene] }
    }
  },
}

/** The repositories that keep no image. */
function emptied(verdicts: readonly Verdict[]): string[] {
  const names = (isKept: boolean) =>
    new Set(verdicts.filter((one) => one.isKept === isKept).map(({ image }) => image.repository))
  return [...names(false).difference(names(true))]
}

function decideRepository(all: HarborRule[], name: string, verdicts: Verdict[], scene: Scene): void {
  const { project, now } = scene
  const repository = project !== '' && name.startsWith(`${project}/`) ? name.slice(project.length + 1) : name
  const place = { repository, project }
  const rules = all.filter(({ scopeSelectors }) =>
    scopeSelectors.every((selector) => selects(selector, { ...place, tags: [] })),
  )
  if (rules.length === 0) {
    for (const verdict of verdicts) verdict.reason = 'no enabled rule reaches its repository'
    return
  }
  const images = verdicts.map(({ image }) => image)
  const relations = relationsOf(images)
  const candidates = images.filter((image) => relations.isListed(image)).map(candidateOf)
  const retained = new Map<PolicyImage, string>()
  for (const rule of rules)
    for (const { image } of retainedBy(rule, candidates, place, now))
      if (!retained.has(image))
        retained.set(image, `${rule.field} retains it: ${rule.template.reason(rule.number)}`)
  const expired = expireUnheld(images, relations, (image) => retained.has(image) || image.immutable)
  const reached = rules.map(({ field }) => field).join(', ')
  for (const verdict of verdicts) {
    verdict.isKept = !expired.has(verdict.image)
    verdict.reason =
      retained.get(verdict.image) ??
      (verdict.isKept ? whyKept(verdict.image, relations) : whyExpired(verdict.image, relations, reached))
  }
}

function retainedBy(
  rule: HarborRule,
  candidates: Candidate[],
  place: { repository: string; project: string },
  now: number,
) {
  const selected = candidates.filter(({ image }) => {
    const artifact = { ...place, tags: image.tags.map(({ name }) => name) }
    return rule.tagSelectors.every((selector) => selects(selector, artifact))
  })
  return rule.template.retain(selected, rule.number, now)
}

function whyKept(image: PolicyImage, relations: Relations): string {
  if (image.immutable) return 'Harbor does not delete an image with an immutable tag'
  if (relations.subjectOf(image) !== undefined) return 'it belongs to an image that stays'
  return 'an index that stays lists it'
}

function whyExpired(image: PolicyImage, relations: Relations, reached: string): string {
  if (relations.isListed(image)) return `its repository is reached by ${reached}, and no rule retains it`
  if (relations.subjectOf(image) !== undefined) return 'it belongs to an image that expires'
  return 'every index that lists it expires'
}
