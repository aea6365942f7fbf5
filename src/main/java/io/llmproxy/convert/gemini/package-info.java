/** Google's generateContent, of AI Studio and of Vertex AI, read and written. */
@NullMarked
package io.llmproxy.convert.gemini;

import org.jspecify.annotations.NullMarked;
