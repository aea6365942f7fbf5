/** OpenAI's Chat Completions, read and written. */
@NullMarked
package io.llmproxy.convert.chat;

import org.jspecify.annotations.NullMarked;
