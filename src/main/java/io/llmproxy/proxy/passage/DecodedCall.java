package io.llmproxy.proxy.passage;

import io.llmproxy.convert.Conversion;
import io.llmproxy.convert.Converted;
import io.llmproxy.convert.CountAttempt;
import io.llmproxy.convert.CountRequest;
import io.llmproxy.convert.Counting;
import io.llmproxy.convert.EmbeddingAttempt;
import io.llmproxy.convert.Embeddings;
import io.llmproxy.convert.TokenCount;
import io.llmproxy.convert.Upstream;
import io.llmproxy.convert.codec.Policy;
import io.llmproxy.proxy.body.BufferBudget;
import org.jspecify.annotations.Nullable;

/** A client's request that was read, so that upstreams of other APIs can be asked it. */
sealed interface DecodedCall {
    /** Returns the client's name for the model. */
    String model();

    /**
     * Returns what an attempt at an upstream changes.
     *
     * @param told whether the client is told of what could not be expressed
     * @param share what the exchange keeps in memory
     * @throws io.llmproxy.convert.codec.ConversionException if the upstream's API cannot express it
     */
    Passage passage(Upstream upstream, boolean told, BufferBudget.Share share);

    /** Returns the answer if the upstream need not be asked, or null. */
    default @Nullable Answer answer(Upstream upstream) {
        return null;
    }

    /** A request to a model. */
    record Chat(ClientCall call, Conversion conversion) implements DecodedCall {
        @Override
        public String model() {
            return conversion.model();
        }

        @Override
        public Passage passage(Upstream upstream, boolean told, BufferBudget.Share share) {
            Converted converted = conversion.attempt(upstream, System.currentTimeMillis() / 1000);
            return new ConvertedPassage(converted, conversion.isStream(), call, told, share);
        }
    }

    /** A request to count tokens. */
    record Count(ClientCall call, Conversion conversion) implements DecodedCall {
        @Override
        public String model() {
            return conversion.model();
        }

        @Override
        public Passage passage(Upstream upstream, boolean told, BufferBudget.Share share) {
            Converted converted = conversion.attempt(upstream, 0);
            CountRequest request = converted.countRequest();
            if (request == null) {
                throw new IllegalStateException("it is counted here");
            }
            return new WholePassage(new CountAttempt(converted, request), told, () -> counted(upstream));
        }

        /** An upstream that does not count is not asked. */
        @Override
        public @Nullable Answer answer(Upstream upstream) {
            return conversion.attempt(upstream, 0).countRequest() == null ? counted(upstream) : null;
        }

        private Answer counted(Upstream upstream) {
            TokenCount count = conversion.count(upstream.model());
            return ConvertedHead.estimate(Counting.answer(call.dialect(), count.tokens()), count.tokenizer());
        }
    }

    /** A request for embeddings. */
    record Embedding(ClientCall call, Embeddings embeddings, Policy policy) implements DecodedCall {
        @Override
        public String model() {
            return embeddings.model();
        }

        @Override
        public Passage passage(Upstream upstream, boolean told, BufferBudget.Share share) {
            return new WholePassage(new EmbeddingAttempt(embeddings, call.dialect(), upstream, policy), told, null);
        }
    }
}
