import { inStrip, type Layer, layerText, SHARING_NAMES, SHARINGS, sharingOf, stripText } from './layers.ts'

/** The layers of an image: as wide as they are large, coloured by who else has them. */
export const LayerStrip = ({ layers }: { layers: readonly Layer[] }) => (
  <div class="strip" role="img" aria-label={stripText(layers)}>
    {inStrip(layers).map((layer) => (
      <span
        key={layer.key}
        class={`layer layer-${sharingOf(layer)}`}
        style={{ flexGrow: String(layer.sizeBytes) }}
        title={layerText(layer)}
      />
    ))}
  </div>
)

/** What the colours of strips mean. */
export const StripLegend = () => (
  <p class="strip-legend hint">
    Layers by who has them:
    {SHARINGS.toReversed().map((sharing) => (
      <span key={sharing} class="strip-key">
        <span class={`layer layer-${sharing}`} aria-hidden="true" /> {SHARING_NAMES[sharing]}
      </span>
    ))}
  </p>
)
