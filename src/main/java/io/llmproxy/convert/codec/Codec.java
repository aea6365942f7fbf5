package io.llmproxy.convert.codec;

import io.llmproxy.convert.model.Dialect;

/** Reads and writes one dialect, for clients and for upstreams. */
public interface Codec extends ClientCodec, UpstreamCodec {
    @Override
    Dialect dialect();
}
