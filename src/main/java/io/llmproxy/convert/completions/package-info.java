/** OpenAI's completions of old, read from clients; chats answer them. */
@NullMarked
package io.llmproxy.convert.completions;

import org.jspecify.annotations.NullMarked;
