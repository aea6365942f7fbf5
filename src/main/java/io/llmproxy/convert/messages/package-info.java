/** Anthropic's Messages, read and written. */
@NullMarked
package io.llmproxy.convert.messages;

import org.jspecify.annotations.NullMarked;
