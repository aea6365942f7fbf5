/** OpenAI's Responses, read and written. */
@NullMarked
package io.llmproxy.convert.responses;

import org.jspecify.annotations.NullMarked;
