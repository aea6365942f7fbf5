/** Whether the process lives, has started and is ready, as MicroProfile Health asks it. */
@NullMarked
package io.llmproxy.health;

import org.jspecify.annotations.NullMarked;
