package io.llmproxy.config.load;

import io.llmproxy.config.document.YamlTree.Mapping;
import io.llmproxy.config.foreign.LiteLlmFile;
import io.llmproxy.config.foreign.MaywzhFile;
import io.llmproxy.config.foreign.X5iuFile;

/** Whose words a configuration is written in. */
public enum FileFormat {
    /** LLMProxy's own, and those of {@code llmproxyd}, which are the same. */
    LLMPROXY("LLMProxy"),
    /** Those of x5iu/llm-proxy. */
    X5IU("x5iu/llm-proxy"),
    /** Those of maywzh/llm-proxy. */
    MAYWZH("maywzh/llm-proxy"),
    /** Those of LiteLLM's proxy. */
    LITELLM("LiteLLM");

    private final String product;

    FileFormat(String product) {
        this.product = product;
    }

    /** Returns the format of a file, judged by its shape. */
    static FileFormat of(Mapping written) {
        if (X5iuFile.hasShapeOf(written)) {
            return X5IU;
        }
        if (LiteLlmFile.hasShapeOf(written)) {
            return LITELLM;
        }
        return MaywzhFile.hasShapeOf(written) ? MAYWZH : LLMPROXY;
    }

    /** The product that reads such files. */
    public String product() {
        return product;
    }
}
