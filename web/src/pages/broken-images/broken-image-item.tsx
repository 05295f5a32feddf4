import { printable } from '../../../../src/platform/printable.ts'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { may } from '../../session.ts'
import { type BrokenImage, FAULTS, imageName, partName, sizesOf } from './broken-text.ts'

/** A broken image: its names, what of it is damaged and how, and a button that asks for a repair. */
export function BrokenImageItem({
  image,
  breaks,
  repair,
}: {
  image: BrokenImage
  /** How many of the images that are shown each damaged content breaks. */
  breaks: ReadonlyMap<string, number>
  repair: () => void
}) {
  const { project, repository, tags, tagCount, digest, damages, damageCount, since, seenAt } = image
  return (
    <li>
      <div class="list-head">
        <span>
          <a href={`/projects/${project}`}>
            <Said text={project} />
          </a>
        </span>
        <span>
          broken since <Time at={since} />, seen <Time at={seenAt} />
        </span>
      </div>
      <div class="broken-head">
        <h2>
          <Said text={repository} />{' '}
          {tags.map((tag) => (
            <span key={tag} class="badge">
              <Said text={tag} />
            </span>
          ))}
          {tagCount > tags.length && <span class="hint"> and {tagCount - tags.length} more tags</span>}
          {tagCount === 0 && <span class="hint">no tag</span>}
        </h2>
        {may('promote') && (
          <button type="button" onClick={repair}>
            Repair…<span class="unseen"> {printable(imageName(image))}</span>
          </button>
        )}
      </div>
      <p class="hint mono">{digest}</p>
      <ul class="broken-damages">
        {damages.map((damage) => (
          <li key={damage.digest}>
            <span class="badge badge-over">{FAULTS[damage.fault]}</span> {partName(damage.part)}{' '}
            <code>{damage.digest}</code> <span class="hint">{sizesOf(damage)}</span>
            {damage.at && (
              <>
                {' '}
                (<Said text={damage.at} />)
              </>
            )}
            {damage.copies && damage.copies.length > 0 && (
              <span class="badge badge-ok">
                whole at <Said text={damage.copies.join(', ')} />
              </span>
            )}
            {damage.copies?.length === 0 && <span class="hint">No whole copy was known.</span>}
            {(breaks.get(damage.digest) ?? 1) > 1 && (
              <span class="hint"> It breaks {breaks.get(damage.digest)} of these images.</span>
            )}
          </li>
        ))}
      </ul>
      {damageCount > damages.length && (
        <p class="hint">and {(damageCount - damages.length).toLocaleString('en')} more contents</p>
      )}
    </li>
  )
}
