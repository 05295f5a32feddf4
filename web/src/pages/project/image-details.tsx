import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import type { Image } from './contents.tsx'
import { shortDigest } from './image-name.ts'
import { ageNote } from './image-text.ts'
import type { Keep } from './keeps.tsx'
import { inStrip, layerText, sharingOf } from './layers.ts'

/** All that is known of an image, below its row. */
export const ImageDetails = ({ image, why, kept }: { image: Image; why: string; kept: readonly Keep[] }) => (
  <div class="image-details">
    <section>
      <h4>Image</h4>
      <p class="digest">
        <code>{image.digest}</code>
      </p>
      <p class="hint">{image.mediaType}</p>
      {image.tags.length === 0 && <p>{why}</p>}
      {image.listedBy && (
        <p>
          The index <code>{shortDigest(image.listedBy)}</code> lists it: it can only go with that.
        </p>
      )}
      {image.protectedBy && (
        <p>
          No policy deletes it: <Said text={image.protectedBy} />.
        </p>
      )}
      {kept.map((keep) => (
        <p key={keep.id}>
          Kept:{' '}
          <Said
            text={[keep.why, keep.by && `by ${keep.by}`].filter(Boolean).join(', ') || 'no reason given'}
          />
        </p>
      ))}
      <ul class="plain-list">
        {image.tags.map((tag) => (
          <li key={tag.name}>
            <span class="tag">
              <Said text={tag.name} />
            </span>{' '}
            <span class="hint">
              <Time at={tag.at} never="not known" /> {ageNote(tag)}
              {tag.pushedBy && (
                <>
                  {' '}
                  by <Said text={tag.pushedBy} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
    <section>
      <h4>Layers</h4>
      <ul class="plain-list">
        {inStrip(image.layers)
          .toReversed()
          .map((layer) => (
            <li key={layer.key}>
              <span class={`layer layer-${sharingOf(layer)}`} aria-hidden="true" /> {layerText(layer)}{' '}
              <code class="hint">{shortDigest(layer.key.replace(/^key:/, 'sha256:'))}</code>
            </li>
          ))}
        {image.otherLayers.count > 0 && (
          <li>
            {image.otherLayers.count} smaller ones: <Bytes of={image.otherLayers.sizeBytes} />
          </li>
        )}
      </ul>
      {image.layers.length === 0 && <p class="hint">What it references is not known yet, or it has none.</p>}
    </section>
    <Members title="Parts" of={image.parts} count={image.partCount} />
    <Members title="What refers to it" of={image.referrers} count={image.referrerCount} />
  </div>
)

function Members({ title, of, count }: { title: string; of: Image['parts']; count: number }) {
  if (count === 0) return null
  return (
    <section>
      <h4>{title}</h4>
      <ul class="plain-list">
        {of.map((member) => (
          <li key={member.digest}>
            <code>{shortDigest(member.digest)}</code> <span>{member.kind ?? 'kind not read yet'}</span>,{' '}
            <Bytes of={member.sizeBytes} />
            {member.tags.map((tag) => (
              <div key={tag} class="hint">
                <Said text={tag} />
              </div>
            ))}
          </li>
        ))}
        {count > of.length && <li class="hint">and {count - of.length} more</li>}
      </ul>
    </section>
  )
}
