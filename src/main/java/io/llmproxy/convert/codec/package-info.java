/**
 * What a dialect's codec is, and the rules that all of them share: identifiers, names of tools, schemas, carriers of
 * opaque state, the order of a conversation, and notes of what is lost.
 */
@NullMarked
package io.llmproxy.convert.codec;

import org.jspecify.annotations.NullMarked;
