package io.llmproxy.jetty.loop;

import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;

/** In the place of a selector whose work {@link EventLoops} do: takes no thread and no descriptor. */
public final class NoSelector extends ManagedSelector {
    /** @param owner who has to have one */
    public NoSelector(SelectorManager owner, int id) {
        super(owner, id);
    }

    @Override
    protected void doStart() {}

    @Override
    protected void doStop() {}
}
