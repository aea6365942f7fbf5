/**
 * What a request, an answer and a stream mean, whatever dialect says it. Each dialect is decoded into these types and
 * encoded from them; nothing here belongs to one pair of dialects.
 */
@NullMarked
package io.llmproxy.convert.model;

import org.jspecify.annotations.NullMarked;
