/** The configuration files of three other systems, translated into the document that LLMProxy's own loader reads. */
@NullMarked
package io.llmproxy.config.foreign;

import org.jspecify.annotations.NullMarked;
