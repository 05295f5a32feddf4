import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Told } from '../../parts/told.tsx'
import { deletedText, type Outcome, regretText } from './replay-text.ts'

/** What a policy would have deleted, by rule, and which of it was pulled afterwards. */
export function OutcomeView({ outcome }: { outcome: Outcome }) {
  const { policy, registry, plans, rules, examples, pastShare, deletedAnyway } = outcome
  const regrets = outcome.regretted.images + outcome.regretted.tags
  const title = `${policy} at ${registry}`
  return (
    <section aria-label={title}>
      <h2>
        <Said text={title} />
      </h2>
      <p>
        {plans.toLocaleString('en')} runs would have deleted {deletedText(outcome)} and freed{' '}
        <Bytes of={outcome.bytes} />.{' '}
        {regrets === 0 ? (
          <span class="badge badge-ok">nothing of it was pulled afterwards</span>
        ) : (
          <>
            <span class="badge badge-over">{regretText(outcome)} afterwards</span>{' '}
            <Bytes of={outcome.regretted.bytes} /> would have to come back.
          </>
        )}{' '}
        <span class="hint">
          {deletedAnyway > 0 &&
            `${deletedAnyway.toLocaleString('en')} of them were really deleted then, too: nobody could pull them. `}
          {pastShare > 0 &&
            `${pastShare.toLocaleString('en')} times expiry.maxShare would have held a run in a project.`}
        </span>
      </p>
      {rules.length > 0 && (
        <TableBox isCards label={`Rules of ${title}`}>
          <table>
            <thead>
              <tr>
                <th>Rule</th>
                <th>Would have deleted</th>
                <th class="number">Freed</th>
                <th>Pulled afterwards</th>
                <th class="number">Their size</th>
              </tr>
            </thead>
            <tbody>
              {rules.map((rule) => (
                <tr key={rule.rule}>
                  <th scope="row">
                    <Said text={rule.rule} />
                  </th>
                  <td data-label="Would have deleted">{deletedText(rule)}</td>
                  <td class="number" data-label="Freed">
                    <Bytes of={rule.bytes} />
                  </td>
                  <td data-label="Pulled afterwards">{regretText(rule)}</td>
                  <td class="number" data-label="Their size">
                    <Bytes of={rule.regretted.bytes} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {examples.length > 0 && (
        <>
          <h3>{examples.length < regrets ? `The ${examples.length} most pulled` : 'What was pulled'}</h3>
          <TableBox isCards label={`What was pulled afterwards, ${title}`}>
            <table>
              <thead>
                <tr>
                  <th>Image</th>
                  <th>Rule</th>
                  <th>Would be gone since</th>
                  <th>First pulled</th>
                  <th class="number">Pulls</th>
                </tr>
              </thead>
              <tbody>
                {examples.map(({ image, tags, rule, deletedAt, pulledAt, pulls }) => (
                  <tr key={`${image} ${deletedAt}`}>
                    <th scope="row">
                      <Said text={image} />{' '}
                      <span class="hint">
                        {tags.map((tag) => (
                          <Said key={tag} text={`${tag} `} />
                        ))}
                      </span>
                    </th>
                    <td class="wide" data-label="Rule">
                      <Said text={rule} />
                    </td>
                    <td data-label="Would be gone since">
                      <Told text={deletedAt} />
                    </td>
                    <td data-label="First pulled">
                      <Told text={pulledAt} />
                    </td>
                    <td class="number" data-label="Pulls">
                      {pulls.toLocaleString('en')}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableBox>
        </>
      )}
    </section>
  )
}
