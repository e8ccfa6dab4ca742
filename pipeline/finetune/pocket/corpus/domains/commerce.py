"""Buying and selling: invoices, classified adverts, parcels, product recalls, auctions."""

from pipeline.finetune.pocket.corpus.facts import choice, domain, fact

_INVOICE = domain(
    "invoice",
    "invoice|bill|statement of account",
    "INVOICE|Invoice|Statement of account|Bill for goods",
    (
        fact("name", "vendor seller supplier billed_by", "who sends the invoice|the seller",
             "Seller|From|Billed by|Vendor|Supplier",
             "This bill comes from {}.|{} bills you for the goods below.|Sold and delivered by {}.|"
             "{} thanks you for the order."),
        fact("name", "customer buyer billed_to client_name", "who has to pay|the customer",
             "Customer|Billed to|Buyer|To",
             "Billed to {}.|The customer is {}.|{} placed this order.|Charged to the account of {}."),
        fact("date", "invoice_date issued_on issue_date", "the day the invoice was written",
             "Invoice date|Issued|Date of issue",
             "This invoice was issued on {}.|Issued on {}.|We wrote this bill on {}.|Date of issue is {}."),
        fact("date", "due_date pay_by payable_by", "the last day to pay", "Due|Pay by|Payable by",
             "Please pay by {}.|Payable no later than {}.|The money is due on {}.|We expect your transfer by {}."),
        fact("date", "delivery_date delivered_on", "the day the goods came", "Delivered|Delivery date",
             "The goods were delivered on {}.|Our driver brought everything on {}.|Delivery took place on {}."),
        fact("amount", "total amount_due grand_total total_due", "what has to be paid in all",
             "Total|Amount due|Grand total",
             "The total comes to {}.|You owe {} in all.|Altogether this makes {}.|Amount due is {}.|"
             "The sum to be paid is {}."),
        fact("amount", "discount rebate", "what was taken off", "Discount|Rebate",
             "A discount of {} was given.|We took off {} for early orders.|Your rebate of {} is already counted."),
        fact("amount", "delivery_charge freight_cost", "what the delivery cost", "Delivery charge|Freight",
             "Delivery was charged at {}.|Freight costs {} extra.|For bringing the goods we add {}."),
        fact("code", "invoice_number bill_no reference", "number of the invoice", "Invoice no.|Number|Ref.",
             "Invoice number {}.|Please quote {} with your transfer.|This bill has the number {}."),
        choice("status payment_state", "whether it has been paid", "Status|State of payment",
               paid="The money has reached us, many thanks.|This bill has been settled in full.|"
                    "Nothing is left to pay.|We have received every cent of it.",
               open="We are still waiting for the money.|Nothing has been paid so far.|The sum is still outstanding.|"
                    "No transfer has reached us yet.",
               partly_paid="Half of the sum has come in, the rest is missing.|A first instalment was received.|"
                           "Only some of the money has arrived.|You have paid a share of it so far.",
               cancelled="This bill was withdrawn by us.|Please tear up this bill, it no longer counts.|"
                         "We have called off this order and its bill.|The bill is void."),
    ),
    "Thank you for shopping with us.|Prices include all taxes.|Our office in {place} is open from nine to five.|"
    "Questions are answered by {person}.|"
    "Goods stay on our books until they are paid.|The catalogue was printed on {date}.|Our bank is {org}.|"
    "Boxes can be sent back free of charge.|"
    "Gift cards start at {amount}.|The warehouse has {count} shelves.",
)  # fmt: skip

_ADVERT = domain(
    "classified_advert",
    "advert|small ad|offer",
    "FOR SALE|Small ads|Second hand|Offers of the week",
    (
        fact("person", "seller offered_by contact", "who sells it", "Seller|Contact|Ask for",
             "Ask for {}.|Offered by {}.|{} sells it because of a move.|Ring {} after six."),
        fact("amount", "asking_price price", "what the seller wants", "Price|Asking price",
             "Asking price {}.|I would like {} for it.|Yours for {}.|It is on sale at {}.|"
             "First one to bring {} takes it home."),
        fact("amount", "new_price original_price", "what it cost when it was new", "Price when new|Originally",
             "When new it cost {}.|It was bought for {}.|The shop wanted {} for it."),
        fact("place", "town location where_to_see", "where it can be seen", "Where|Location|Can be seen in",
             "It can be seen in {}.|Pick it up in {}.|The thing stands in a garage in {}.|To be fetched from {}."),
        fact("date", "available_from free_from", "the first day on which it can be had", "Available from",
             "Available from {}.|You can have it from {} on.|It will be free on {}."),
        fact("date", "bought_on purchase_date", "the day the seller bought it", "Bought on",
             "It was bought on {}.|The receipt is dated {}.|I got it new on {}."),
        choice("condition shape", "how well it is kept", "Condition",
               new="Never taken out of its box.|It still has the shop's wrapping.|Unused, a present we did not need.|"
                   "The seal is unbroken.",
               good="Used with care, works as it should.|A few years old and in fine shape.|"
                    "Small marks, otherwise perfect.|It runs like on the first day.",
               worn="It has seen better days but does its job.|Plenty of scratches and a dent.|"
                    "The paint comes off in places.|Well used, and it shows.",
               broken="It does not start any more, for spares only.|The motor is dead.|"
                      "Needs repair before it can be used.|It stopped working last winter."),
        choice("bargaining haggling", "whether the price can be talked about", "Bargaining",
               firm="The price is fixed.|No haggling, please.|Offers below that will not be read.|I will not go lower.",
               negotiable="Make me an offer.|We can talk about the price.|A little less is fine too.|"
                          "The price is open for discussion.",
               swap="I would rather swap it for something else.|Also in exchange for a lawn mower.|"
                    "A trade is welcome instead of money.|Happy to barter."),
    ),
    "No dealers, please.|Smoke-free home with two cats.|Photos on request.|My neighbour {person} has a similar one.|"
    "Bring a van, it is heavy.|"
    "The next flea market is on {date}.|It comes with {count} spare bulbs.|Made by {org}.|"
    "I also sell jam at {amount} a jar.",
)  # fmt: skip

_PARCEL = domain(
    "parcel",
    "parcel notice|shipping notice|delivery slip",
    "Parcel notice|Shipping notice|Your parcel|TRACKING",
    (
        fact("name", "sender shipped_by from_whom", "who sent it", "Sender|From|Shipped by",
             "The sender is {}.|{} sent you something.|Handed in by {}.|A parcel from {} is under way."),
        fact("name", "recipient addressee deliver_to", "who gets it", "Recipient|Deliver to|Addressee",
             "It is addressed to {}.|The recipient is {}.|To be given to {}.|It goes to {}."),
        fact("date", "shipped_on sent_on dispatch_date", "the day it was sent", "Shipped|Sent on|Dispatched",
             "It was shipped on {}.|It left the depot on {}.|Sent on {}.|We took it in on {}."),
        fact("date", "arrival_date expected_on due_to_arrive", "the day it shall arrive", "Expected|Arrives",
             "It should be with you on {}.|Expected at your door on {}.|Arrival is planned for {}."),
        fact("place", "origin shipped_from", "where it comes from", "Origin|Shipped from",
             "It comes from {}.|It was posted in {}.|The journey began in {}."),
        fact("place", "destination going_to", "where it goes", "Destination|Goes to",
             "It is bound for {}.|Its destination is {}.|It is on its way to {}."),
        fact("amount", "customs_duty import_tax", "the duty to be paid", "Customs duty|Import tax",
             "Customs duty of {} is due at the door.|The import tax was set at {}.|Customs asks for {}."),
        fact("amount", "declared_value insured_value", "what the contents are worth", "Declared value|Insured for",
             "The contents were declared at {}.|It is insured for {}.|The sender put its worth at {}."),
        fact("code", "tracking_number parcel_id", "number of the parcel", "Tracking no.|Parcel",
             "Follow it under {}.|The tracking number is {}.|Parcel {} is registered."),
        fact("count", "weight_kg kilograms", "weight in kilograms", "Weight (kg)",
             "It weighs {} kilograms.|The scale showed {} kg.|Total weight {} kg."),
        choice("outcome delivery_status", "what became of it", "Outcome|Result",
               delivered="It was handed over and signed for.|The box was put into your hands.|"
                         "Somebody at the door took it.|It has reached its addressee.",
               at_neighbour="Your neighbour kept it for you.|It waits next door.|"
                            "The people across the hall have taken it in.|We left it with the flat above.",
               returned="It is on its way back to where it came from.|Nobody wanted it, so it goes back.|"
                        "We sent it home again.|It was refused at the door.",
               lost="We cannot find it anywhere.|It has vanished from our depot.|Nobody knows where it is.|"
                    "The trace ends at the harbour.",
               in_transit="It is still travelling.|The lorry with it is under way.|"
                          "It has not reached the last depot yet.|It rolls towards you."),
    ),
    "Please keep this slip.|Our drivers do not carry change.|The depot is run by {org}.|Opening hours are on the door.|"
    "Rain may delay the vans.|"
    "Complaints go to {person}.|Stamps cost {amount} from next year.|The office in {place} has closed.|"
    "This slip was printed on {date}.",
)  # fmt: skip

_RECALL = domain(
    "product_recall",
    "recall notice|safety notice|product warning",
    "PRODUCT RECALL|Safety notice|Important warning for shoppers",
    (
        fact("org", "maker manufacturer recalled_by", "who makes the product", "Maker|Manufacturer",
             "{} calls back one of its products.|The maker, {}, asks for your help.|Made by {}.|"
             "It was produced by {}."),
        fact("orgs", "shops sold_at retailers", "the shops that sold it, in order of mention", "Sold at|Shops",
             "It was sold at {}.|You may have bought it from {}.|Shelves of {} had it."),
        fact("date", "recalled_on notice_date", "the day of the recall", "Recalled on|Date of notice",
             "The recall began on {}.|It was called back on {}.|This warning went out on {}."),
        fact("date", "best_before use_by", "the date printed on the pack", "Best before|Use by",
             "Packs with the best-before date {} are concerned.|Look for the use-by date {}.|"
             "The lid says best before {}."),
        fact("code", "batch lot_number", "number of the batch", "Batch|Lot",
             "Only batch {} is affected.|Check the lot number {}.|The bad ones carry the number {}."),
        fact("amount", "refund refund_amount", "what one gets back", "Refund",
             "You get {} back at the till.|Shops pay out {} for each pack.|A refund of {} is waiting for you."),
        fact("count", "units number_sold", "how many were sold", "Units sold",
             "{} pieces were sold.|Some {} packs went over the counter.|In all {} units left the factory."),
        choice("hazard danger risk", "what may happen", "Hazard|Danger",
               fire="It may burst into flames.|The battery gets so hot that it burns.|Sparks were seen near the plug.|"
                    "It can set curtains alight.",
               choking="Small bits come off and toddlers may swallow them.|A button can get stuck in a throat.|"
                       "Loose eyes are a danger for babies.|Children could choke on the beads.",
               poisoning="Traces of lead were found in the paint.|The sauce holds germs that make people ill.|"
                         "A chemical in it upsets the stomach.|It is contaminated with mould.",
               injury="The blade can come loose and cut fingers.|The ladder may give way under you.|"
                      "Its edges are sharp enough to draw blood.|The chair collapses and people fall."),
        choice("remedy what_to_do", "what buyers are offered", "Remedy",
               money_back="Take it to the till and get your money.|The full price is paid back.|Buyers are reimbursed.|"
                          "Your purchase will be refunded.",
               replacement="You get a new one in exchange.|The shop swaps it for a sound one.|"
                           "A faultless one will be sent to you.|It is replaced free of charge.",
               repair="A mechanic mends it at your home.|Bring it in and we fix it.|A new part is fitted without cost.|"
                      "Our workshop puts it right."),
    ),
    "No other products are concerned.|Please tell your neighbours.|We are sorry for the trouble.|"
    "A hotline has been set up.|{person} speaks for the firm.|"
    "The factory in {place} was cleaned.|Tests were paid for by {org}.|The next check is on {date}.|"
    "A similar case cost {amount}.",
)  # fmt: skip

_AUCTION = domain(
    "auction",
    "auction report|sale result|saleroom note",
    "Saleroom results|AUCTION|Under the hammer",
    (
        fact("org", "auction_house saleroom", "who held the auction", "Auction house|Saleroom",
             "The hammer fell at {}.|{} held the sale.|It came up at {}."),
        fact("name", "bought_by winning_bidder", "who bought the lot", "Bought by|Winning bidder",
             "The winning bid came from {}.|It was knocked down to {}.|{} took it home.|The new owner is {}."),
        fact("name", "consignor put_up_by", "who put the lot up for sale", "Consignor|Put up by",
             "It was put up for sale by {}.|{} had sent it in.|It came out of the collection of {}."),
        fact("amount", "hammer_price sold_for", "what it was sold for", "Hammer price|Sold for",
             "It sold for {}.|The hammer came down at {}.|Bidding stopped at {}.|It fetched {}."),
        fact("amount", "estimate guide_price", "what had been expected", "Estimate|Guide price",
             "It had been expected to bring {}.|The catalogue guessed {}.|The estimate stood at {}."),
        fact("date", "sale_date auctioned_on", "the day of the auction", "Sale date|Auctioned on",
             "The sale took place on {}.|It was auctioned on {}.|Bidders met on {}."),
        fact("date", "viewing_date on_view", "the day it could be looked at", "On view",
             "It could be viewed on {}.|The doors were open to the curious on {}."),
        fact("place", "town held_in", "where the auction was", "Held in",
             "The room in {} was full.|Buyers had travelled to {}.|The auction was held in {}."),
        choice("result sale_outcome", "what became of the lot", "Result",
               sold="It has found a buyer.|The lot changed hands.|Somebody bid enough for it.|"
                    "The lot went under the hammer with success.",
               unsold="Nobody lifted a hand.|It failed to find a buyer.|The lot goes back to the shelf.|"
                      "No bid was good enough.",
               withdrawn="The owner took it back before the sale.|It was pulled from the catalogue in the morning.|"
                         "The lot was removed and never came up.|It was not offered after all."),
    ),
    "Tea was served in the hall.|Bids by telephone were slow.|The next sale is planned for {date}.|"
    "{person} wielded the hammer.|"
    "Catalogues cost {amount}.|Lot {count} was a clock.|The lorry came from {place}.|The insurer was {org}.",
)  # fmt: skip

DOMAINS = (_INVOICE, _ADVERT, _PARCEL, _RECALL, _AUCTION)
