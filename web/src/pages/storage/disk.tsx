import { Bytes } from '../../parts/bytes.tsx'
import { Empty } from '../../parts/empty.tsx'
import { percent } from '../../parts/percent.ts'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import {
  barText,
  type Glance,
  isUnlisted,
  PARTS,
  type Part,
  partsOf,
  type Report,
  uploadTexts,
} from './storage-text.ts'

/** What is on the disk of a registry: one bar, and a table with the same numbers that add up to it. */
export function Disk({ of: { registry, hasStorage, report } }: { of: Glance }) {
  if (!hasStorage)
    return (
      <p class="hint">
        Its storage is not known: set <code>registries.{registry}.storage</code> in the configuration.
      </p>
    )
  if (report === null)
    return (
      <Empty title="Not surveyed yet">
        What is on the disk is known after the first survey. It lists the whole storage, and changes nothing.
      </Empty>
    )
  const { parts, total, missing, unreadable, unlisted } = report
  const { shown, nothing } = partsOf(report)
  return (
    <>
      {(missing.count > 0 || unreadable.count > 0) && (
        <div class="notice notice-bad">
          <p>
            {missing.count > 0 &&
              `Blobs that images need and that are not there: ${missing.count.toLocaleString('en')}. These images cannot be pulled. `}
            {unreadable.count > 0 &&
              `Manifests that cannot be read: ${unreadable.count.toLocaleString('en')}. No collection runs until they are repaired or deleted. `}
            <a href={`/broken-images?registry=${registry}`}>What that breaks</a>
          </p>
          <details>
            <summary>Which</summary>
            <ul>
              {missing.blobs.map(({ digest, namedBy }) => (
                <li key={digest}>
                  <Said text={`${digest}, which ${namedBy} names`} />
                </li>
              ))}
              {unreadable.digests.map((digest) => (
                <li key={digest}>
                  <Said text={`${digest} cannot be read`} />
                </li>
              ))}
            </ul>
          </details>
        </div>
      )}
      <div class="disk-bar" role="img" aria-label={barText(report)}>
        {shown.map((part) => (
          <span
            key={part}
            class={`disk-${part}`}
            style={{ flexGrow: String(parts[part].bytes) }}
            hidden={parts[part].bytes === 0}
          />
        ))}
      </div>
      <TableBox isCards label={`Parts of the storage of ${registry}`} class="table-box disk-table">
        <table>
          <thead>
            <tr>
              <th>Part</th>
              <th class="number">Size</th>
              <th class="number">Share</th>
              <th class="number">Objects</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((part) => (
              <Row key={part} part={part} report={report} />
            ))}
            <tr class="disk-sum">
              <th scope="row">The sum: all that was found</th>
              <td class="number" data-label="Size">
                <Bytes of={total.bytes} />
              </td>
              <td />
              <td class="number" data-label="Objects">
                {total.objects.toLocaleString('en')}
              </td>
            </tr>
          </tbody>
        </table>
      </TableBox>
      {unlisted.map(({ kinds, reason }) => (
        <p key={reason} class="notice notice-warn">
          <span>
            Not known, and not in the sum: {kinds.map((kind) => PARTS[kind][0].toLowerCase()).join(', ')}.{' '}
            <Said text={reason} />
          </span>
        </p>
      ))}
      {nothing.length > 0 && <p class="hint">Nothing of: {nothing.join(', ')}.</p>}
    </>
  )
}

function Row({ part, report }: { part: Part; report: Report }) {
  const { bytes, objects } = report.parts[part]
  const isUnknown = objects === 0 && isUnlisted(report, part)
  const texts = [PARTS[part][1], ...(part === 'uploads' ? uploadTexts(report) : [])]
  return (
    <tr>
      <th scope="row">
        <span class={`disk-key disk-${part}`} aria-hidden="true" /> {PARTS[part][0]}{' '}
        <span class="hint">{texts.join('; ')}</span>
      </th>
      <td class="number" data-label="Size">
        <Bytes of={isUnknown ? null : bytes} />
      </td>
      <td class="number" data-label="Share">
        {!isUnknown && percent(bytes && bytes / report.total.bytes)}
      </td>
      <td class="number" data-label="Objects">
        {!isUnknown && objects.toLocaleString('en')}
      </td>
    </tr>
  )
}
