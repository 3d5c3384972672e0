package com.runspace;

import com.runspace.auth.Visitors;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.dashboard.AccountPage;
import com.runspace.dashboard.ConnectPage;
import com.runspace.dashboard.Desk;
import com.runspace.dashboard.KeysPage;
import com.runspace.dashboard.ModelsPage;
import com.runspace.dashboard.OperatorPage;
import com.runspace.dashboard.OverviewPage;
import com.runspace.dashboard.PlaygroundPage;
import com.runspace.dashboard.SignInPage;
import com.runspace.dashboard.UsagePage;
import com.runspace.gateway.Refusals;
import com.runspace.http.Fallbacks;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.TurnoverTable;
import com.runspace.models.Catalogue;
import com.runspace.upstream.Providers;
import com.runspace.web.HomeAddress;
import com.runspace.web.PageFallbacks;
import com.runspace.web.Pages;

/** The pages of the dashboard, all built once; {@link Routes} says where each is. */
record Site(
    HomeAddress home,
    SignInPage signIn,
    OverviewPage overview,
    KeysPage keys,
    UsagePage usage,
    ModelsPage models,
    ConnectPage connect,
    PlaygroundPage playground,
    OperatorPage operator,
    AccountPage account,
    Fallbacks fallbacks) {

  /** Builds them over what the service has open. */
  static Site of(
      Pages pages,
      Members members,
      Books books,
      Db db,
      LocalLedger ledger,
      StoredKeyring keyring,
      AccountPage.Connections apps,
      Catalogue catalogue,
      Providers providers,
      MemoryBudget budget,
      Time time,
      Randomness random) {
    Visitors visitors = members.visitors();
    String url = members.publicUrl().toString();
    SignInPage signIn = new SignInPage(pages, members.entrance(), members.origin(), visitors::find);
    Desk desk =
        new Desk(
            new Desk.Parts(
                pages,
                signIn,
                members.origin(),
                visitors::find,
                members::viewer,
                visitors::isConfirmed,
                time,
                budget));
    return new Site(
        new HomeAddress(members.publicUrl()),
        signIn,
        new OverviewPage(desk, ledger, books::standing, members::entitlement, keyring),
        new KeysPage(desk, keyring, catalogue, books::standing, random, url),
        new UsagePage(desk, ledger, keyring),
        new ModelsPage(catalogue, providers, pages, desk::viewer, url),
        new ConnectPage(desk, pages, keyring, () -> providers.listed(catalogue), random, url),
        new PlaygroundPage(
            desk,
            pages,
            keyring,
            () -> providers.listed(catalogue),
            visitors::find,
            members.origin()),
        new OperatorPage(
            desk, catalogue, providers, new TurnoverTable(db), ledger::backlog, members::chains),
        new AccountPage(desk, members.accounts(), members.sessions(), apps, visitors::leave, url),
        new PageFallbacks(Refusals.fallbacks(), pages, desk::viewer));
  }
}
