package io.llmproxy.admin.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.llmproxy.config.document.Problem;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with a call or with a configuration.
 *
 * @param line of the text, from 1; null where there is none
 * @param path where, such as {@code upstreams[0].url}; empty for the whole
 * @param message what is wrong, and what was expected
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Finding(@Nullable Integer line, String path, String message) {
    static Finding of(Problem problem) {
        return new Finding(problem.line() > 0 ? problem.line() : null, problem.path(), problem.message());
    }
}
